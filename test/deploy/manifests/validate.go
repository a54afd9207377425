package main

import (
	"fmt"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	monitoringv1alpha1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1alpha1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsinstall "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	coreinstall "k8s.io/kubernetes/pkg/apis/core/install"
	corev1convert "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkinginstall "k8s.io/kubernetes/pkg/apis/networking/install"
	networkingvalidation "k8s.io/kubernetes/pkg/apis/networking/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyinstall "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacinstall "k8s.io/kubernetes/pkg/apis/rbac/install"
	rbacvalidation "k8s.io/kubernetes/pkg/apis/rbac/validation"
	"k8s.io/pod-security-admission/api"
	securitypolicy "k8s.io/pod-security-admission/policy"
)

var scheme = newScheme()

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	coreinstall.Install(scheme)
	appsinstall.Install(scheme)
	networkinginstall.Install(scheme)
	policyinstall.Install(scheme)
	rbacinstall.Install(scheme)
	utilruntime.Must(monitoringv1.AddToScheme(scheme))
	utilruntime.Must(monitoringv1alpha1.AddToScheme(scheme))
	return scheme
}

// validate returns the problems that an API server would refuse the object for. Of resources of the Prometheus operator only
// the fields are checked.
func validate(object runtime.Object, kind *schema.GroupVersionKind) ([]string, error) {
	if kind.Group == monitoringv1.SchemeGroupVersion.Group {
		return nil, nil
	}
	scheme.Default(object)
	internal, err := scheme.ConvertToVersion(object, schema.GroupVersion{Group: kind.Group, Version: runtime.APIVersionInternal})
	if err != nil {
		return nil, err
	}
	if meta, ok := internal.(metav1.Object); ok && meta.GetNamespace() == "" {
		meta.SetNamespace("default")
	}
	found, err := invalidFields(internal)
	if err != nil {
		return nil, err
	}
	var problems []string
	for _, one := range found {
		problems = append(problems, one.Error())
	}
	violations, err := securityProblems(internal)
	return append(problems, violations...), err
}

func invalidFields(object runtime.Object) (field.ErrorList, error) {
	options := corevalidation.PodValidationOptions{}
	switch it := object.(type) {
	case *apps.StatefulSet:
		return appsvalidation.ValidateStatefulSet(it, appsvalidation.StatefulSetValidationOptions{}, options), nil
	case *apps.Deployment:
		return appsvalidation.ValidateDeployment(it, options), nil
	case *apps.DaemonSet:
		return appsvalidation.ValidateDaemonSet(it, options), nil
	case *core.Pod:
		return corevalidation.ValidatePodCreate(it, options), nil
	case *core.Service:
		if it.Spec.ClusterIP != "" && len(it.Spec.ClusterIPs) == 0 {
			// The API server does the same before it validates.
			it.Spec.ClusterIPs = []string{it.Spec.ClusterIP}
		}
		return corevalidation.ValidateServiceCreate(it), nil
	case *core.ServiceAccount:
		return corevalidation.ValidateServiceAccount(it), nil
	case *core.ConfigMap:
		return corevalidation.ValidateConfigMap(it), nil
	case *core.Secret:
		return corevalidation.ValidateSecret(it), nil
	case *core.PersistentVolumeClaim:
		claims := corevalidation.PersistentVolumeClaimSpecValidationOptions{}
		return corevalidation.ValidatePersistentVolumeClaim(it, claims), nil
	case *networking.Ingress:
		return networkingvalidation.ValidateIngressCreate(it), nil
	case *networking.NetworkPolicy:
		return networkingvalidation.ValidateNetworkPolicy(it, networkingvalidation.NetworkPolicyValidationOptions{}), nil
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(it, policyvalidation.PodDisruptionBudgetValidationOptions{}), nil
	case *rbac.Role:
		return rbacvalidation.ValidateRole(it), nil
	case *rbac.RoleBinding:
		return rbacvalidation.ValidateRoleBinding(it), nil
	default:
		return nil, fmt.Errorf("no validation for %T", object)
	}
}

// securityProblems holds the pods of an object against the level "restricted".
func securityProblems(object runtime.Object) ([]string, error) {
	var template core.PodTemplateSpec
	switch it := object.(type) {
	case *apps.StatefulSet:
		template = it.Spec.Template
	case *apps.Deployment:
		template = it.Spec.Template
	case *apps.DaemonSet:
		template = it.Spec.Template
	case *core.Pod:
		template = core.PodTemplateSpec{ObjectMeta: it.ObjectMeta, Spec: it.Spec}
	default:
		return nil, nil
	}
	var pod corev1.PodTemplateSpec
	if err := corev1convert.Convert_core_PodTemplateSpec_To_v1_PodTemplateSpec(&template, &pod, nil); err != nil {
		return nil, err
	}
	evaluator, err := securitypolicy.NewEvaluator(securitypolicy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := securitypolicy.AggregateCheckResults(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec))
	if result.Allowed {
		return nil, nil
	}
	return []string{result.ForbiddenDetail()}, nil
}

func nameOf(object runtime.Object) string {
	if meta, ok := object.(metav1.Object); ok {
		return meta.GetName()
	}
	return "?"
}
